// Puts what needs no compiling beside the compiled CSS, and two compressed copies beside each
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const assets = dirname(fileURLToPath(import.meta.url));
const served = join(assets, "..", "static");
const modules = join(assets, "..", "..", "..", "node_modules");
const govuk = join(modules, "govuk-frontend", "dist", "govuk");

await mkdir(served, { recursive: true });
await copyFile(join(govuk, "govuk-frontend.min.js"), join(served, "govuk-frontend.min.js"));
await copyFile(join(modules, "chart.js", "dist", "chart.umd.min.js"), join(served, "chart.umd.min.js"));
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"]) {
  await copyFile(join(modules, "swagger-ui-dist", name), join(served, name));
}
for (const name of ["api.mjs", "payouts.mjs", "charts.mjs", "countdown.mjs", "idle.mjs", "passkey.mjs", "progress.mjs", "upload.mjs", "favicon.svg"]) {
  await copyFile(join(assets, name), join(served, name));
}
for (const name of await readdir(served)) {
  if (/\.(css|js|mjs|svg)$/.test(name)) {
    // the same bytes each time: no time and no name stand in them
    const content = await readFile(join(served, name));
    await writeFile(join(served, `${name}.gz`), gzipSync(content, { level: 9 }));
    await writeFile(join(served, `${name}.br`), brotliCompressSync(content));
  }
}
