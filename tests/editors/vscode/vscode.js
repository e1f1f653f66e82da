// The module `vscode`, which is there only inside the editor: as much of it as the language client
// uses for diagnostics and code actions. Everything beyond is empty, and does nothing.

class Disposable {
  constructor(dispose = () => {}) {
    this.dispose = dispose;
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, endLine, endCharacter) {
    const inPlaces = endLine === undefined;
    this.start = inPlaces ? start : new Position(start, end);
    this.end = inPlaces ? end : new Position(endLine, endCharacter);
  }
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class CodeAction {
  constructor(title, kind) {
    Object.assign(this, { title, kind });
  }
}

class CodeActionKind {
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value ? `${this.value}.${part}` : part);
  }
}
CodeActionKind.Empty = new CodeActionKind("");
for (const kind of ["QuickFix", "Refactor", "Source"]) {
  CodeActionKind[kind] = new CodeActionKind(kind.toLowerCase());
}

class Uri {
  constructor(text) {
    this.url = new URL(text);
    this.scheme = this.url.protocol.slice(0, -1);
    this.fsPath = decodeURIComponent(this.url.pathname);
  }
  static parse(text) {
    return new Uri(text);
  }
  toString() {
    return this.url.href;
  }
}

class TextEdit {
  constructor(range, newText) {
    Object.assign(this, { range, newText });
  }
}

class WorkspaceEdit {
  constructor() {
    this.edits = [];
  }
  replace(_uri, range, newText) {
    this.edits.push(new TextEdit(range, newText));
  }
  insert(uri, position, newText) {
    this.replace(uri, new Range(position, position), newText);
  }
  delete(uri, range) {
    this.replace(uri, range, "");
  }
  set(_uri, edits) {
    this.edits.push(...edits.map((edit) => (Array.isArray(edit) ? edit[0] : edit)));
  }
}

// What the editor offers: events that a test fires, registrations that it finds again.
const events = {};
const registered = {};
const messages = [];

function event(name) {
  events[name] ??= new Set();
  return (listener, self, disposables) => {
    const bound = listener.bind(self);
    events[name].add(bound);
    const subscription = new Disposable(() => events[name].delete(bound));
    disposables?.push(subscription);
    return subscription;
  };
}

// An object whose other names are events (`onDid…`), registrations (`register…`) or nothing.
function offering(known) {
  return new Proxy(known, {
    get(target, name) {
      if (name in target || typeof name !== "string") return target[name];
      if (name.startsWith("on")) return event(name);
      if (name.startsWith("register")) {
        return (...given) => {
          registered[name] = given;
          return new Disposable();
        };
      }
      return undefined;
    },
  });
}

const settings = {};
const published = new Map();

const known = {
  version: "1.91.0",
  env: { appName: "test", language: "en" },
  Disposable, Position, Range, Diagnostic, CodeAction, CodeActionKind, Uri, TextEdit, WorkspaceEdit,
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  DiagnosticTag: { Unnecessary: 1, Deprecated: 2 },
  EventEmitter: class {
    constructor() {
      this.event = () => new Disposable();
    }
    fire() {}
    dispose() {}
  },
  CancellationTokenSource: class {
    constructor() {
      this.token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };
    }
    dispose() {}
  },
  languages: offering({
    match: (selector, document) => selector.some((one) => one.language === document.languageId) ? 10 : 0,
    createDiagnosticCollection: () => ({
      set: (uri, diagnostics) => published.set(uri.toString(), diagnostics),
      delete: (uri) => published.delete(uri.toString()),
      clear: () => published.clear(),
      dispose: () => {},
    }),
  }),
  workspace: offering({
    textDocuments: [],
    notebookDocuments: [],
    workspaceFolders: undefined,
    isTrusted: true,
    getConfiguration: (section) => {
      const values = Object.fromEntries(
        Object.entries(settings)
          .filter(([name]) => name.startsWith(`${section}.`))
          .map(([name, value]) => [name.slice(section.length + 1), value]),
      );
      return { ...values, get: (name) => values[name] };
    },
    createFileSystemWatcher: () => ({
      onDidCreate: event("file"), onDidChange: event("file"), onDidDelete: event("file"),
      dispose: () => {},
    }),
  }),
  window: offering({
    visibleTextEditors: [],
    tabGroups: offering({ all: [] }),
    createOutputChannel: () => ({
      append: () => {}, appendLine: () => {}, show: () => {}, dispose: () => {},
    }),
    showErrorMessage: (message) => {
      messages.push(message);
      return Promise.resolve(undefined);
    },
  }),
  commands: offering({}),
};

module.exports = new Proxy(known, {
  get(target, name) {
    // The client makes subclasses of the editor's classes that are of no matter here.
    target[name] ??= class {};
    return target[name];
  },
});
module.exports.testing = { events, registered, settings, published, messages };
