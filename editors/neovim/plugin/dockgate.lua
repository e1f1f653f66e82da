-- Starts the language server for Dockerfiles: Neovim 0.7 and newer.
if vim.g.loaded_dockgate then
  return
end
vim.g.loaded_dockgate = true

if vim.lsp.enable then -- 0.11
  vim.lsp.enable("dockgate")
  return
end

local config = dofile(vim.api.nvim_get_runtime_file("lsp/dockgate.lua", false)[1])
local clients = {} -- by root folder

local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  local upwards = vim.fn.escape(folder, " ,;") .. ";"
  for _, marker in ipairs(config.root_markers) do
    local found = vim.fn.findfile(marker, upwards)
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p:h")
    end
    found = vim.fn.finddir(marker, upwards)
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p:h:h")
    end
  end
  return folder
end

local function start(event)
  local root = root_of(vim.api.nvim_buf_get_name(event.buf))
  local client = clients[root]
  if not client or vim.lsp.client_is_stopped(client) then
    client = vim.lsp.start_client({
      name = "dockgate",
      cmd = config.cmd,
      root_dir = root,
      settings = config.settings,
      init_options = config.init_options,
    })
    clients[root] = client
  end
  if client then
    vim.lsp.buf_attach_client(event.buf, client)
  end
end

vim.api.nvim_create_autocmd("FileType", { pattern = config.filetypes, callback = start })
