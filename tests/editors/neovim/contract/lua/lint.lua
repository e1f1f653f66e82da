-- What a linter can rely on in nvim-lint, which no package index has: where definitions are looked
-- for, how the command is run, and what its parser gets. Written for the tests from that contract.
local M = {
  linters_by_ft = {},
  linters = setmetatable({}, {
    __index = function(linters, name)
      linters[name] = require("lint.linters." .. name)
      return linters[name]
    end,
  }),
}

local function value_of(entry)
  return type(entry) == "function" and entry() or entry
end

local function run(name)
  local linter = value_of(M.linters[name])
  local buffer = vim.api.nvim_get_current_buf()
  local command = { value_of(linter.cmd) }
  for _, argument in ipairs(linter.args or {}) do
    table.insert(command, value_of(argument))
  end
  if not linter.stdin and linter.append_fname ~= false then
    table.insert(command, vim.api.nvim_buf_get_name(buffer))
  end
  local output = {}
  local function read(_, chunk)
    output = chunk
  end
  local job = vim.fn.jobstart(command, {
    stdout_buffered = true,
    stderr_buffered = true,
    [linter.stream == "stderr" and "on_stderr" or "on_stdout"] = read,
    on_exit = function(_, code)
      assert(code == 0 or linter.ignore_exitcode, "the linter ended with " .. code)
      local found = linter.parser(table.concat(output, "\n"), buffer, vim.fn.getcwd())
      vim.diagnostic.set(vim.api.nvim_create_namespace(name), buffer, found)
    end,
  })
  if linter.stdin then
    local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, true)
    vim.fn.chansend(job, table.concat(lines, "\n") .. "\n")
  end
  vim.fn.chanclose(job, "stdin")
end

function M.try_lint()
  for _, name in ipairs(M.linters_by_ft[vim.bo.filetype] or {}) do
    run(name)
  end
end

return M
