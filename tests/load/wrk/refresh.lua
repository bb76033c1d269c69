-- Exchanges the refresh tokens of a file, one a line, again and again: every answer brings the next one.

local tokens, first, last = {}, 1, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    last = last + 1
    tokens[last] = line
  end
  wrk.method, wrk.path, wrk.headers["Content-Type"] = "POST", arguments[2], "application/json"
end

function request()
  local token = tokens[first]
  tokens[first], first = nil, first + 1
  return wrk.format(nil, nil, nil, '{"refresh_token": "' .. token .. '"}')
end

function response(status, headers, body)
  last = last + 1
  tokens[last] = body:match('"refresh_token" *: *"([^"]+)"')
end
