const KEY = "payouts-last-used";
const EVERY_MS = 1000;
// Read aloud by the minute, and in the last one every twenty seconds: more often, it can't be listened to
const SPOKEN_LAST_S = 20;

/**
 * Warns some minutes before the session ends, and extends it when asked. What was typed stays on the page: after the
 * end, whoever signs in again in another tab can send it from here.
 */
export class Idle {
  constructor(dialog) {
    this.dialog = dialog;
    this.form = dialog.querySelector("[data-idle-form]");
    this.title = dialog.querySelector("[data-idle-title]");
    this.words = dialog.querySelector("[data-idle-words]");
    this.stay = dialog.querySelector("[data-idle-stay]");
    this.signIn = dialog.querySelector("[data-idle-sign-in]");
    this.idleMs = 1000 * Number(dialog.dataset.idleSeconds);
    this.warnMs = 1000 * Number(dialog.dataset.warnSeconds);
    this.over = false;
  }

  start() {
    this.used();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.over ? this.goOn() : this.extend();
    });
    // Escape would only hide that time runs out
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    setInterval(() => this.look(), EVERY_MS);
  }

  /** Every page of every tab that is loaded uses the session. */
  used() {
    this.mine = Date.now();
    try {
      localStorage.setItem(KEY, String(this.mine));
    } catch {
      // storage may be switched off: then each tab counts for itself
    }
  }

  left() {
    let last = this.mine;
    try {
      last = Math.max(last, Number(localStorage.getItem(KEY)) || 0);
    } catch {
      // as above
    }
    return last + this.idleMs - Date.now();
  }

  look() {
    if (this.over) {
      return;
    }
    const left = this.left();
    if (left <= 0) {
      this.end();
    } else if (left <= this.warnMs) {
      this.say(left);
      this.open();
    } else if (this.dialog.open) {
      this.dialog.close();
    }
  }

  open() {
    if (!this.dialog.open) {
      this.dialog.showModal();
      this.stay.focus();
    }
  }

  say(left) {
    const seconds = Math.ceil(left / 1000);
    const rest = Math.ceil(seconds / SPOKEN_LAST_S) * SPOKEN_LAST_S;
    const minutes = Math.ceil(seconds / 60);
    const time = seconds <= 60 ? `${rest} seconds` : `${minutes} minutes`;
    const words = `For your security, we will sign you out in ${time} if you do nothing.`;
    if (this.words.textContent !== words) {
      this.words.textContent = words;
    }
  }

  async extend() {
    try {
      const answer = await fetch(this.form.action, { method: "POST", body: new FormData(this.form) });
      if (answer.status !== 204) {
        this.end();
        return;
      }
      this.used();
      this.dialog.close();
    } catch {
      this.words.textContent = "The service can’t be reached. Try again.";
    }
  }

  end() {
    this.over = true;
    this.title.textContent = "You have been signed out";
    this.words.textContent =
      "Nothing was done for an hour. What you typed is still on this page: sign in again in another tab, then come back here and go on.";
    this.stay.textContent = "I have signed in again";
    this.signIn.hidden = false;
    this.open();
  }

  /** The forms of this page need the token of the new session. */
  async goOn() {
    const answer = await fetch(window.location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".app-idle input[name=csrf_token]");
    if (answer.redirected || !fresh) {
      this.words.textContent = "You are not signed in yet. Sign in in another tab first.";
      return;
    }
    for (const field of document.querySelectorAll("input[name=csrf_token]")) {
      field.value = fresh.value;
    }
    this.over = false;
    this.title.textContent = "You are about to be signed out";
    this.stay.textContent = "Stay signed in";
    this.signIn.hidden = true;
    this.used();
    this.dialog.close();
  }
}
