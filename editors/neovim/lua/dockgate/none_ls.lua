-- A source for none-ls: require("null-ls").setup({ sources = { require("dockgate.none_ls") } })
local output = require("dockgate.output")

local function from_one(diagnostic)
  return {
    row = diagnostic.lnum + 1,
    col = diagnostic.col + 1,
    end_row = (diagnostic.end_lnum or diagnostic.lnum) + 1,
    end_col = (diagnostic.end_col or diagnostic.col) + 1,
    severity = diagnostic.severity,
    message = diagnostic.message,
    source = diagnostic.source,
    code = diagnostic.code,
  }
end

local function lint(params, done)
  local file = params.bufname ~= "" and params.bufname or "Dockerfile"
  local command = vim.list_extend({ "dockgate" }, output.arguments(file))
  local printed = {}
  local job = vim.fn.jobstart(command, {
    stdout_buffered = true,
    on_stdout = function(_, lines)
      printed = lines
    end,
    on_exit = function()
      local found = output.diagnostics(table.concat(printed, "\n"), params.content)
      done(vim.tbl_map(from_one, found))
    end,
  })
  vim.fn.chansend(job, params.content)
  vim.fn.chanclose(job, "stdin")
end

return {
  name = "dockgate",
  method = require("null-ls").methods.DIAGNOSTICS,
  filetypes = { "dockerfile" },
  generator = { async = true, fn = lint },
}
