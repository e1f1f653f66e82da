-- The language server, as Neovim 0.11 and newer read it from the runtime path.
-- Settings: vim.g.dockgate = { profile = "strict", ignore = { "missing-healthcheck" } }
local settings = vim.g.dockgate or vim.empty_dict()

return {
  cmd = { "dockgate", "lsp" },
  filetypes = { "dockerfile" },
  root_markers = { ".dockgate.yaml", ".hadolint.yaml", ".git" },
  init_options = settings,
  settings = { dockgate = settings },
}
