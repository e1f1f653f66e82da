// Runs the packaged extension as the editor would: node run.js EXTENSION FILE TITLE [NAME=JSON …]
// Answers as JSON what is shown for the file, and its text after the quick fix of that title.
const fs = require("fs");
const { pathToFileURL } = require("url");
const Module = require("module");
const path = require("path");

const SECONDS = 30;

const load = Module._load;
Module._load = (name, ...more) =>
  name === "vscode" ? require(path.join(__dirname, "vscode.js")) : load(name, ...more);
const vscode = require("vscode");
const { events, registered, settings, published, messages } = vscode.testing;

const [, , folder, file, title, ...options] = process.argv;

async function waitFor(what, condition) {
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    const value = condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${what}`);
}

function applied(text, edits) {
  const lines = text.split("\n");
  const offset = ({ line, character }) =>
    lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (all, edit) => all.slice(0, offset(edit.range.start)) + edit.newText + all.slice(offset(edit.range.end)),
      text,
    );
}

async function main() {
  const manifest = require(path.join(folder, "package.json"));
  for (const [name, { default: value }] of Object.entries(manifest.contributes.configuration.properties)) {
    settings[name] = value;
  }
  for (const option of options) {
    const at = option.indexOf("=");
    settings[option.slice(0, at)] = JSON.parse(option.slice(at + 1));
  }
  const text = fs.readFileSync(file, "utf8");
  const uri = vscode.Uri.parse(pathToFileURL(file).href);
  const document = { uri, languageId: "dockerfile", version: 1, getText: () => text, isClosed: false };
  vscode.workspace.textDocuments.push(document);
  const extension = require(path.join(folder, manifest.main));
  await extension.activate({ subscriptions: [] });
  if (messages.length) return { messages };

  const shown = await waitFor("diagnostics", () => published.get(uri.toString()));
  const [selector, provider, { providedCodeActionKinds }] = registered.registerCodeActionsProvider;
  const token = new vscode.CancellationTokenSource().token;
  const actions = [];
  for (const diagnostic of shown) {
    const context = { diagnostics: [diagnostic], triggerKind: 1 };
    actions.push(...(await provider.provideCodeActions(document, diagnostic.range, context, token)));
  }
  let action = actions.find((one) => one.title === title);
  if (!action.edit) action = await provider.resolveCodeAction(action, token);
  await extension.deactivate();
  return {
    selector,
    kinds: providedCodeActionKinds.map((kind) => kind.value),
    shown: shown.map(({ range, severity, message, code, source, tags }) => ({
      line: range.start.line, character: range.start.character, severity, message,
      rule: code.value, url: code.target.toString(), source, tags,
    })),
    fixed: applied(text, action.edit.edits),
    commands: Object.keys(events),
  };
}

main()
  .then((answer) => fs.writeSync(1, JSON.stringify(answer)))
  .catch((error) => fs.writeSync(1, JSON.stringify({ failure: error.stack })))
  .finally(() => process.exit());
