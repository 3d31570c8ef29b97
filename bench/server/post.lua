-- One body for all requests, with a growing number where `@@@@@@@@` stands; prints what was measured as a line of JSON.
local file = io.open(os.getenv("BENCH_BODY"), "rb")
local body = file:read("*a")
file:close()
local pieces, from = {}, 1
for at in string.gmatch(body, "()@@@@@@@@") do
  pieces[#pieces + 1] = string.sub(body, from, at - 1)
  from = at + 8
end
pieces[#pieces + 1] = string.sub(body, from)
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
for name, value in string.gmatch(os.getenv("BENCH_HEADERS") or "", "([^:|]+): ([^|]+)") do wrk.headers[name] = value end

local number = tonumber(os.getenv("BENCH_FIRST"))
function request()
  number = number + 1
  return wrk.format(nil, nil, nil, table.concat(pieces, string.format("%08d", number)))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n@@{"requests":%d,"seconds":%f,"errors":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
