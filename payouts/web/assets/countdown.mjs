const EVERY_MS = 30000;

/** The time left to an instant, kept up to date. Not read aloud: whoever comes to it hears what it says then. */
export class Countdown {
  constructor(root) {
    this.root = root;
    this.until = Date.parse(root.dataset.countdownTo);
  }

  start() {
    this.timer = setInterval(() => this.show(), EVERY_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.show());
  }

  show() {
    const minutes = Math.floor((this.until - Date.now()) / 60000);
    if (minutes < 0) {
      clearInterval(this.timer);
      this.root.textContent = "Too late";
      return;
    }
    this.root.textContent = `${words(minutes)} left`;
  }
}

/** The two largest units, as the page has them: 1 day 3 hours, 2 hours 5 minutes, 4 minutes. */
function words(minutes) {
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days > 0) {
    return count(days, "day") + (hours > 0 ? ` ${count(hours, "hour")}` : "");
  }
  if (hours > 0) {
    return count(hours, "hour") + (rest > 0 ? ` ${count(rest, "minute")}` : "");
  }
  return count(Math.max(rest, 1), "minute");
}

function count(number, unit) {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
