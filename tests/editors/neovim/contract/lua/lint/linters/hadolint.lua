-- How nvim-lint has hadolint: a JSON list on standard output, whose levels must be these four.
local levels = { error = "ERROR", warning = "WARN", info = "INFO", style = "HINT" }

return {
  cmd = "hadolint",
  args = { "-f", "json", "-" },
  stdin = true,
  stream = "stdout",
  ignore_exitcode = true,
  parser = function(text)
    return vim.tbl_map(function(entry)
      local level = assert(levels[entry.level], "a level that the parser does not know")
      return {
        lnum = entry.line - 1,
        end_lnum = entry.line - 1,
        col = entry.column,
        end_col = entry.column,
        severity = vim.diagnostic.severity[level],
        message = entry.message,
        code = entry.code,
        source = "hadolint",
      }
    end, vim.json.decode(text))
  end,
}
