-- What a source can rely on in none-ls, which no package index has: a method's name, and to be
-- called with the buffer. Written for the tests from that contract.
local M = { methods = { DIAGNOSTICS = "NULL_LS_DIAGNOSTICS" } }

local function shown(entry)
  return {
    lnum = entry.row - 1,
    col = entry.col - 1,
    end_lnum = entry.end_row - 1,
    end_col = entry.end_col - 1,
    severity = entry.severity,
    message = entry.message,
    source = entry.source,
    code = entry.code,
  }
end

local function run(source, buffer)
  local params = {
    bufnr = buffer,
    bufname = vim.api.nvim_buf_get_name(buffer),
    content = vim.api.nvim_buf_get_lines(buffer, 0, -1, false),
    filetype = vim.bo[buffer].filetype,
  }
  source.generator.fn(params, function(found)
    local namespace = vim.api.nvim_create_namespace(source.name)
    vim.diagnostic.set(namespace, buffer, vim.tbl_map(shown, found))
  end)
end

function M.setup(options)
  for _, source in ipairs(options.sources) do
    assert(source.method == M.methods.DIAGNOSTICS and source.generator.async)
    vim.api.nvim_create_autocmd("FileType", {
      pattern = source.filetypes,
      callback = function(event)
        run(source, event.buf)
      end,
    })
  end
end

return M
