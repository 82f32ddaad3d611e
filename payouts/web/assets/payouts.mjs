import { initAll } from "./govuk-frontend.min.js";
import { Progress } from "./progress.mjs";
import { UploadSize } from "./upload.mjs";

initAll();
for (const root of document.querySelectorAll("[data-progress-url]")) {
  new Progress(root).start();
}
for (const form of document.querySelectorAll("form[data-upload-limit]")) {
  new UploadSize(form).start();
}
