// Puts what needs no compiling beside the compiled CSS
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const assets = dirname(fileURLToPath(import.meta.url));
const served = join(assets, "..", "static");
const govuk = join(assets, "..", "..", "..", "node_modules", "govuk-frontend", "dist", "govuk");

await mkdir(served, { recursive: true });
await copyFile(join(govuk, "govuk-frontend.min.js"), join(served, "govuk-frontend.min.js"));
for (const name of ["payouts.mjs", "countdown.mjs", "idle.mjs", "passkey.mjs", "progress.mjs", "upload.mjs", "favicon.svg"]) {
  await copyFile(join(assets, name), join(served, name));
}
