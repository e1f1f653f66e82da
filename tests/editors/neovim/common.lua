-- What the scripts of the tests share: they run in `nvim --headless` and answer as JSON.
local M = {}

local SECONDS = 30

-- Wait until a function gives something true, and give that.
function M.wait(what, condition)
  local value
  local ended = vim.wait(SECONDS * 1000, function()
    value = condition()
    return value
  end, 20)
  assert(ended, "waited in vain for " .. what)
  return value
end

function M.lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

-- Run a test's function; its result, or why there is none, goes to the file that the test reads.
function M.run(test)
  local ok, result = xpcall(test, debug.traceback)
  local answer = ok and { result = result } or { failure = result }
  vim.fn.writefile({ vim.json.encode(answer) }, vim.env.RESULT)
  vim.cmd("qall!")
end

return M
