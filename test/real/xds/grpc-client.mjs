// A gRPC client that finds its servers over xDS: `node grpc-client.mjs MODULES TARGET RATE`. Prints one JSON line for each
// 100 ms: how many calls each server answered, and the errors. Runs with GRPC_XDS_BOOTSTRAP_CONFIG in the environment.
import { createRequire } from 'node:module'

const [, , modules, target, rate] = process.argv
const require = createRequire(`${modules}/`)
const grpc = require('@grpc/grpc-js')
require('@grpc/grpc-js-xds').register()

const client = new grpc.Client(target, grpc.credentials.createInsecure())
const same = (bytes) => bytes
let counts = {}
let errors = []
setInterval(() => {
  client.makeUnaryRequest('/echo.Echo/Say', same, same, Buffer.alloc(0), { deadline: Date.now() + 5000 }, (error, answer) => {
    if (error) errors.push(`${error.code} ${error.details}`)
    else counts[answer.toString()] = (counts[answer.toString()] ?? 0) + 1
  })
}, 1000 / Number(rate))
setInterval(() => {
  console.log(JSON.stringify({ counts, errors }))
  counts = {}
  errors = []
}, 100)
