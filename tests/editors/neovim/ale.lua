-- Takes what ALE shows of the file, then lets ALE fix it.
local common = require("common")

local function shown()
  local found = vim.fn["ale#engine#GetLoclist"](vim.api.nvim_get_current_buf())
  return #found > 0 and found
end

common.run(function()
  vim.cmd("ALELint")
  local found = common.wait("ALE", shown)
  local tick = vim.api.nvim_buf_get_changedtick(0)
  vim.cmd("ALEFix")
  common.wait("the fix", function()
    return vim.api.nvim_buf_get_changedtick(0) > tick
  end)
  return { found = found, lines = common.lines() }
end)
