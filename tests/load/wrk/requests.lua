-- Sends the requests of a file in turn: a line is method, path, body and headers ("name: value"), separated by tabs.
-- Every POST has an Idempotency-Key of its own, which also stands in its body where that says UNIQUE.

local lines, at, run = {}, 0, ""

local function formatted(line, key)
  local headers = { ["Idempotency-Key"] = key }
  for name, value in pairs(wrk.headers) do
    headers[name] = value
  end
  for name, value in pairs(line.headers) do
    headers[name] = value
  end
  return wrk.format(line.method, line.path, headers, line.body and line.body:gsub("UNIQUE", key or ""))
end

function init(arguments)
  run = arguments[2]
  for text in io.lines(arguments[1]) do
    local method, path, body, rest = text:match("^([^\t]+)\t([^\t]+)\t([^\t]*)(.*)$")
    local line = { method = method, path = path, body = body ~= "" and body or nil, headers = {} }
    for name, value in rest:gmatch("\t([^:]+): ([^\t]+)") do
      line.headers[name] = value
    end
    lines[#lines + 1] = method == "POST" and line or formatted(line)
  end
end

function request()
  local line = lines[at % #lines + 1]
  at = at + 1
  return type(line) == "string" and line or formatted(line, run .. at)
end
