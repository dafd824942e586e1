/* Builds portal/static/vendor from node_modules and our own modules, and docs/third-party.json.

   In:  node_modules (npm ci), portal/static/js/modules/{page,thread,composer}.js
   Out: vendor/govuk-frontend.css    without GOV.UK's own font and crest, which only GOV.UK may use
        vendor/js/{page,thread,composer}.js  bundled and minified, one file each
        vendor/licences.txt          the licence texts that must travel with the copies
        vendor/manifest.json         each file with its SHA-256 and size
        docs/third-party.json        what we ship that others wrote: version, licence, checksum (committed)
   The same lock gives the same bytes, so building leaves a clean work tree clean. */
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const SOURCES = join(ROOT, "portal/static/js/modules");
const VENDOR = join(ROOT, "portal/static/vendor");
const FRESH = `${VENDOR}.new`; // built aside and renamed, so that a server never serves half a build
const ENTRIES = ["page", "thread", "composer"];

const json = (path) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** GOV.UK's style sheet for a service that is not GOV.UK. Stops the build if the sheet is not as expected. */
function govukStyles() {
  const original = readFileSync(join(ROOT, "node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.css"), "utf8");
  const fonts = original.match(/@font-face\{[^}]*\}/g) ?? [];
  if (fonts.length !== 2) throw new Error(`govuk-frontend has ${fonts.length} @font-face rules, 2 were expected`);
  const styles = original
    .replace(/@font-face\{[^}]*\}/g, "")
    .replace(/GDS Transport,\s*/g, "")
    .replace(/url\(\/assets\/images\/govuk-crest\.svg\)/g, "none")
    .replace(/\/\*# sourceMappingURL=.*?\*\//g, "");
  const left = styles.match(/GDS Transport|@font-face|url\((?!["']?data:)[^)]*\)/g);
  if (left) throw new Error(`govuk-frontend still names ${left.join(", ")}`);
  return styles.trimEnd() + "\n";
}

async function bundle(name) {
  await build({
    entryPoints: [join(SOURCES, `${name}.js`)],
    outfile: join(FRESH, "js", `${name}.js`),
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2020"],
    legalComments: "eof",
    nodePaths: [join(ROOT, "node_modules")],
    absWorkingDir: ROOT,
    logLevel: "warning",
  });
}

/** What stands in the lock and is not for development alone, by name. */
function packages() {
  return Object.entries(json("package-lock.json").packages)
    .filter(([place, entry]) => place.startsWith("node_modules/") && !entry.dev && !entry.optional)
    .map(([place, entry]) => ({
      name: place.replace(/^.*node_modules\//, ""),
      version: entry.version,
      licence: entry.license ?? json(`${place}/package.json`).license,
      integrity: entry.integrity,
      place,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function licenceText({ name, version, licence, place }) {
  const file = readdirSync(join(ROOT, place)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(ROOT, place, file), "utf8").trim() : `Licence: ${licence}`;
  return `${name} ${version}\n\n${text}\n`;
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

rmSync(FRESH, { recursive: true, force: true });
const shipped = packages();
const styles = govukStyles();
write(join(FRESH, "govuk-frontend.css"), styles);
write(join(FRESH, "licences.txt"), shipped.map(licenceText).join(`\n${"-".repeat(72)}\n\n`));
for (const name of ENTRIES.filter((entry) => existsSync(join(SOURCES, `${entry}.js`)))) await bundle(name);

const listed = shipped.map(({ place, ...entry }) => entry);
const built = Object.fromEntries(
  files(FRESH).map((path) => {
    const bytes = readFileSync(path);
    return [relative(FRESH, path), { sha256: sha256(bytes), bytes: bytes.length }];
  }),
);
write(join(FRESH, "manifest.json"), JSON.stringify({ files: built, packages: listed }, null, 2) + "\n");
write(
  join(ROOT, "docs/third-party.json"),
  JSON.stringify({ packages: listed, styles: { "govuk-frontend.css": sha256(styles) } }, null, 2) + "\n",
);
rmSync(VENDOR, { recursive: true, force: true });
renameSync(FRESH, VENDOR);
for (const [name, { bytes }] of Object.entries(built)) console.log(`${String(bytes).padStart(8)}  vendor/${name}`);
