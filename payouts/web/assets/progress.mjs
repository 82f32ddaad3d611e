const EVERY_MS = 1000;
const AFTER_SILENCE_MS = 5000;
// Read aloud each tenth, not each second: a live region that never stops can't be listened to
const SPOKEN_STEP = 10;

/** A progress bar that asks its address how far the work has come, and loads the page anew once it is done. */
export class Progress {
  constructor(root) {
    this.address = root.dataset.progressUrl;
    this.bar = root.querySelector("progress");
    this.words = root.querySelector("[data-progress-words]");
    this.spoken = root.querySelector("[aria-live]");
    this.lastSpoken = -SPOKEN_STEP;
  }

  start() {
    this.timer = setTimeout(() => this.ask(), EVERY_MS);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) {
        clearTimeout(this.timer);
        this.ask();
      }
    });
  }

  async ask() {
    let pause = EVERY_MS;
    try {
      const answer = await fetch(this.address, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.redirected || answer.status === 401 || answer.status === 403) {
        window.location.reload(); // signed out meanwhile: the page says so better than a bar that stands still
        return;
      }
      if (!answer.ok) {
        throw new Error(`progress answered ${answer.status}`);
      }
      const progress = await answer.json();
      if (progress.finished) {
        window.location.reload();
        return;
      }
      this.show(progress);
    } catch {
      pause = AFTER_SILENCE_MS; // the network or the service is away for a moment; the work itself goes on
    }
    this.timer = setTimeout(() => this.ask(), document.hidden ? AFTER_SILENCE_MS : pause);
  }

  show({ done, total, words }) {
    const percent = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
    this.bar.max = Math.max(total, 1);
    this.bar.value = Math.min(done, Math.max(total, 1));
    this.bar.textContent = `${percent}%`;
    this.words.textContent = words;
    if (percent - this.lastSpoken >= SPOKEN_STEP) {
      this.lastSpoken = percent;
      this.spoken.textContent = `${percent}% done`;
    }
  }
}
