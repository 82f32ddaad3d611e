import { initAll } from "./govuk-frontend.min.js";
import { Countdown } from "./countdown.mjs";
import { Idle } from "./idle.mjs";
import { Passkey } from "./passkey.mjs";
import { Progress } from "./progress.mjs";
import { UploadSize } from "./upload.mjs";

initAll();
for (const dialog of document.querySelectorAll("dialog[data-idle-seconds]")) {
  new Idle(dialog).start();
}
for (const form of document.querySelectorAll("form[data-passkey]")) {
  new Passkey(form).start();
}
for (const root of document.querySelectorAll("[data-progress-url]")) {
  new Progress(root).start();
}
for (const root of document.querySelectorAll("[data-countdown-to]")) {
  new Countdown(root).start();
}
for (const form of document.querySelectorAll("form[data-upload-limit]")) {
  new UploadSize(form).start();
}
