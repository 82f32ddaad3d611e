// Puts what needs no compiling beside the compiled CSS
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const assets = dirname(fileURLToPath(import.meta.url));
const served = join(assets, "..", "static");
const modules = join(assets, "..", "..", "..", "node_modules");
const govuk = join(modules, "govuk-frontend", "dist", "govuk");

await mkdir(served, { recursive: true });
await copyFile(join(govuk, "govuk-frontend.min.js"), join(served, "govuk-frontend.min.js"));
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
  await copyFile(join(modules, "swagger-ui-dist", name), join(served, name));
}
for (const name of ["api.mjs", "payouts.mjs", "countdown.mjs", "idle.mjs", "passkey.mjs", "progress.mjs", "upload.mjs", "favicon.svg"]) {
  await copyFile(join(assets, name), join(served, name));
}
