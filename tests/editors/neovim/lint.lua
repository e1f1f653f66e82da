-- Lets nvim-lint or none-ls lint the file, and gives the diagnostics that come of it.
local common = require("common")

common.run(function()
  local namespace = vim.api.nvim_create_namespace(vim.env.NAMESPACE)
  return common.wait("diagnostics", function()
    local found = vim.diagnostic.get(0, { namespace = namespace })
    return #found > 0 and found
  end)
end)
