// Starts `dockgate lsp` for Dockerfiles; all else is the language server's.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function settings() {
  return vscode.workspace.getConfiguration("dockgate");
}

function newClient() {
  const server = { command: settings().get("path"), args: settings().get("args") };
  return new LanguageClient("dockgate", "dockgate", server, {
    documentSelector: [{ language: "dockerfile" }],
    initializationOptions: settings(),
    synchronize: { configurationSection: "dockgate" },
  });
}

async function start() {
  client = newClient();
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(
      `dockgate does not start: install it (pip install dockgate), or set dockgate.path. ${error}`,
    );
  }
}

async function restart() {
  await deactivate();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("dockgate.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("dockgate.path") || event.affectsConfiguration("dockgate.args")) {
        return restart();
      }
    }),
  );
  await start();
}

async function deactivate() {
  if (client?.isRunning()) {
    await client.stop();
  }
}

module.exports = { activate, deactivate };
