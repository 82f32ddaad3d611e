const WORDS = {
  NotAllowedError: "Nothing was signed: it was cancelled, or took too long. Try again.",
  InvalidStateError: "This passkey is yours already. Choose another one.",
  SecurityError: "Passkeys don’t work at this address. Open the service at its usual address.",
  NotSupportedError: "This passkey can’t be used here. Choose another one.",
};
const OTHERWISE = "The passkey could not be used. Try again, or use another one.";

/** Has a passkey answer what the page asks for, and sends the form with its answer. */
export class Passkey {
  constructor(form) {
    this.form = form;
    this.makes = form.dataset.passkey === "make";
    this.options = JSON.parse(form.dataset.passkeyOptions);
    this.answer = form.querySelector("input[name=answer]");
    this.button = form.querySelector("[data-passkey-button]");
    this.words = form.querySelector("[data-passkey-words]");
  }

  start() {
    this.form.querySelector("[data-passkey-without]").hidden = true;
    if (!window.PublicKeyCredential) {
      this.say("This browser knows no passkeys. Use another one.");
      return;
    }
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.ask());
  }

  async ask() {
    this.words.hidden = true;
    this.button.disabled = true;
    try {
      const publicKey = this.asked();
      const credential = await (this.makes
        ? navigator.credentials.create({ publicKey })
        : navigator.credentials.get({ publicKey }));
      this.answer.value = JSON.stringify(told(credential));
      this.form.submit();
    } catch (error) {
      this.say(WORDS[error.name] ?? OTHERWISE);
      this.button.disabled = false;
    }
  }

  /** The options with bytes where browsers want bytes. */
  asked() {
    const options = { ...this.options, challenge: bytes(this.options.challenge) };
    for (const name of ["allowCredentials", "excludeCredentials"]) {
      options[name] = options[name]?.map((one) => ({ ...one, id: bytes(one.id) }));
    }
    if (options.user) {
      options.user = { ...options.user, id: bytes(options.user.id) };
    }
    return options;
  }

  say(words) {
    this.words.textContent = words;
    this.words.hidden = false;
  }
}

/** What a passkey answered, as JSON values: bytes in base64url. */
function told(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.filter((name) => response[name]);
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    response: {
      ...Object.fromEntries(given.map((name) => [name, base64url(response[name])])),
      transports: response.getTransports?.(),
    },
  };
}

function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.codePointAt(0));
}

function base64url(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
