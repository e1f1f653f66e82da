-- For nvim-lint: require("lint").linters_by_ft = { dockerfile = { "dockgate" } }
local output = require("dockgate.output")

return function()
  local file = vim.api.nvim_buf_get_name(0)
  return {
    cmd = "dockgate",
    args = output.arguments(file ~= "" and file or "Dockerfile"),
    stdin = true,
    stream = "stdout",
    ignore_exitcode = true,
    parser = function(text, buffer)
      return output.diagnostics(text, vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
    end,
  }
end
