-- Reads `dockgate lint --format json`, version 1, for linter plug-ins.
local M = {}

local severities = {
  error = vim.diagnostic.severity.ERROR,
  warning = vim.diagnostic.severity.WARN,
  info = vim.diagnostic.severity.INFO,
  style = vim.diagnostic.severity.HINT,
}

-- The arguments that lint what comes from standard input as if it were the file.
function M.arguments(file)
  return { "lint", "--format", "json", "--exit-zero", "--stdin-filename", file, "-" }
end

-- The byte before which a column stands; columns count characters, from 1.
local function byte(lines, line, column)
  local text = lines[line] or ""
  local index = vim.fn.byteidxcomp(text, column - 1)
  return index >= 0 and index or #text
end

local function failure(message)
  return {
    lnum = 0,
    col = 0,
    severity = severities.error,
    message = message,
    source = "dockgate",
    code = "undecided",
  }
end

-- What dockgate printed about a buffer's lines, as a list for vim.diagnostic.set().
function M.diagnostics(output, lines)
  local ok, report = pcall(vim.json.decode, output)
  if not ok then
    return { failure("dockgate did not lint this file: run `dockgate lint` to see why") }
  end
  local found = vim.tbl_map(function(entry)
    return failure(entry.message)
  end, report.failures)
  for _, entry in ipairs(report.diagnostics) do
    table.insert(found, {
      lnum = entry.line - 1,
      col = byte(lines, entry.line, entry.column),
      end_lnum = entry.endLine - 1,
      end_col = byte(lines, entry.endLine, entry.endColumn),
      severity = severities[entry.severity],
      message = entry.message,
      source = "dockgate",
      code = entry.rule,
    })
  end
  return found
end

return M
