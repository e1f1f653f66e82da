-- Takes the first diagnostics, lets the user pick a quick fix, and gives what then stands there.
local common = require("common")

local function diagnostics()
  local found = vim.diagnostic.get(0)
  return #found > 0 and found
end

local function offered_titles(wanted)
  local titles = {}
  vim.ui.select = function(items, options, choose)
    for _, item in ipairs(items) do
      local title = options.format_item and options.format_item(item) or item
      table.insert(titles, title)
      if title == wanted then
        choose(item, #titles)
        return
      end
    end
  end
  return titles
end

common.run(function()
  local before = common.wait("diagnostics", diagnostics)
  local at
  for _, diagnostic in ipairs(before) do
    if diagnostic.code == vim.env.RULE then
      at = diagnostic
    end
  end
  vim.api.nvim_win_set_cursor(0, { at.lnum + 1, at.col })
  local tick = vim.api.nvim_buf_get_changedtick(0)
  local titles = offered_titles(vim.env.TITLE)
  vim.lsp.buf.code_action()
  common.wait("the fix", function()
    return vim.api.nvim_buf_get_changedtick(0) > tick
  end)
  local after = common.wait("new diagnostics", function()
    local found = vim.diagnostic.get(0)
    return #found == #before - 1 and found
  end)
  vim.cmd("write")
  return {
    clients = vim.tbl_map(function(client)
      return { name = client.name, root = client.config.root_dir }
    end, vim.lsp.buf_get_clients(0)),
    before = before,
    titles = titles,
    after = after,
  }
end)
