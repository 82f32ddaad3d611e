/** Says that a file is too large before it is sent, where sending it would take minutes to be refused. */
export class UploadSize {
  constructor(form) {
    this.form = form;
    this.limit = Number(form.dataset.uploadLimit);
    this.words = form.dataset.uploadTooLarge;
    this.input = form.querySelector("input[type=file]");
  }

  start() {
    this.form.addEventListener("submit", (event) => {
      const size = [...this.input.files].reduce((sum, file) => sum + file.size, 0);
      if (size > this.limit) {
        event.preventDefault();
        this.refuse();
      }
    });
  }

  refuse() {
    const group = this.input.closest(".govuk-form-group");
    let message = group.querySelector(".govuk-error-message");
    if (!message) {
      message = document.createElement("p");
      message.className = "govuk-error-message";
      message.id = `${this.input.id}-error`;
      message.setAttribute("role", "alert");
      group.classList.add("govuk-form-group--error");
      const described = [this.input.getAttribute("aria-describedby"), message.id].filter(Boolean).join(" ");
      this.input.setAttribute("aria-describedby", described);
      this.input.before(message);
    }
    message.textContent = this.words;
    this.input.focus();
  }
}
