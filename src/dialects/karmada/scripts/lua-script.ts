import { formatTime } from '../../../base/clock.js'
import { CodedError } from '../../../base/errors.js'
import { luaFunction, pushKube } from './kube-library.js'
import { type LuaState, loadLua, mostTextBytes, mostTextBytesOfCall, textBudget } from './lua-api.js'
import { pushJson, readJson, settleEmpties } from './lua-values.js'
import type { Script } from './script.js'

/** Instructions that one call may take, and how many go by between two looks. */
const mostInstructions = 3_000_000
const lookEvery = 10_000

/** As upstream: not for scripts. */
const refused = [
  'collectgarbage',
  'dofile',
  'getfenv',
  'getmetatable',
  'load',
  'loadfile',
  'loadstring',
  'rawequal',
  'rawget',
  'rawset',
  'setfenv',
  'setmetatable',
  'module',
  'newproxy',
  'print',
  'warn',
]

/** What scripts written for Lua 5.1 find missing; errors that end a call are not to be caught. */
const prelude = `
unpack = table.unpack
table.getn = function(list) return #list end
math.pow = function(x, y) return x ^ y end
string.gfind = string.gmatch
local rep, pack, unpack, error = string.rep, table.pack, table.unpack, error
string.rep = function(text, times, separator)
  if (#text + #(separator or '')) * times > ${mostTextBytes} then error('a text is longer than 1 MiB') end
  return rep(text, times, separator)
end
string.dump = nil
local ended = __ended
__ended = nil
local function guard(call)
  return function(...)
    local results = pack(call(...))
    if ended() then error('the script takes too many instructions') end
    return unpack(results, 1, results.n)
  end
end
pcall, xpcall = guard(pcall), guard(xpcall)
${refused.map((name) => `function ${name}() error('call function ${name} is not supported in karmada customized resourceinterpreter.') end`).join('\n')}
`

/**
 * A script of a ResourceInterpreterCustomization: run once, its functions are called many times. No files, no processes, no
 * modules but `kube`; instructions, texts and results are limited.
 */
export class LuaScript implements Script {
  readonly #code: string
  readonly #nowMs: () => number
  #state: LuaState | undefined
  #left = 0

  constructor(code: string, nowMs: () => number) {
    this.#code = code
    this.#nowMs = nowMs
  }

  /** Calls a function with JSON and gives its results as JSON. Throws a CodedError with the script's own words. */
  call(name: string, args: readonly unknown[], results: number, references: readonly unknown[] = []): unknown[] {
    const { lua, bytes } = loadLua()
    this.#left = mostInstructions
    textBudget.left = mostTextBytesOfCall
    try {
      const state = (this.#state ??= this.#open())
      lua.lua_settop(state, 0)
      lua.lua_getglobal(state, bytes(name))
      if (lua.lua_type(state, -1) !== lua.LUA_TFUNCTION) throw failed(`it has no function ${name}`)
      for (const arg of args) pushJson(state, arg)
      this.#run(state, args.length, results)
      return Array.from({ length: results }, (_, index) => settleEmpties(readJson(state, index + 1), references))
    } catch (error) {
      // Whatever it has left behind goes with it.
      this.#state = undefined
      throw error instanceof CodedError ? error : failed(error instanceof Error ? error.message : String(error))
    }
  }

  #open(): LuaState {
    const { lua, auxiliary, libraries, bytes } = loadLua()
    const state = auxiliary.luaL_newstate()
    for (const [name, open] of Object.entries(libraries)) {
      auxiliary.luaL_requiref(state, bytes(name === 'base' ? '_G' : name), open, 1)
      lua.lua_settop(state, 0)
    }
    lua.lua_pushcfunction(
      state,
      luaFunction(() => this.#left <= 0 || textBudget.left < 0),
    )
    lua.lua_setglobal(state, bytes('__ended'))
    this.#load(state, prelude, 'prelude')
    lua.lua_pushcfunction(state, (inner) => {
      if (lua.lua_tojsstring(inner, 1) !== 'kube') return auxiliary.luaL_error(inner, bytes('there is no module but kube'))
      pushKube(inner)
      return 1
    })
    lua.lua_setglobal(state, bytes('require'))
    this.#pushOs(state)
    lua.lua_setglobal(state, bytes('os'))
    lua.lua_sethook(
      state,
      (inner) => {
        this.#left -= lookEvery
        if (this.#left <= 0) auxiliary.luaL_error(inner, bytes('the script takes too many instructions'))
      },
      lua.LUA_MASKCOUNT,
      lookEvery,
    )
    this.#load(state, this.#code, 'script')
    return state
  }

  #load(state: LuaState, code: string, name: string): void {
    const { lua, auxiliary, bytes } = loadLua()
    const text = bytes(code)
    if (auxiliary.luaL_loadbuffer(state, text, text.length, bytes(`=${name}`)) !== lua.LUA_OK)
      throw failed(lua.lua_tojsstring(state, -1))
    this.#run(state, 0, 0)
  }

  #run(state: LuaState, args: number, results: number): void {
    const { lua } = loadLua()
    if (lua.lua_pcall(state, args, results, 0) === lua.LUA_OK) return
    // A text that is too long leaves no words behind.
    throw failed(
      lua.lua_tojsstring(state, -1) ||
        'a text is longer than 1 MiB, or all of them are longer than 64 MiB, or an error has no message',
    )
  }

  /** The time alone; UTC. */
  #pushOs(state: LuaState): void {
    const { lua, bytes } = loadLua()
    const functions = {
      time: () => Math.floor(this.#nowMs() / 1000),
      date: (format: unknown, seconds: unknown) =>
        formatDate(typeof format === 'string' ? format : '%c', typeof seconds === 'number' ? seconds * 1000 : this.#nowMs()),
    }
    lua.lua_createtable(state, 0, 2)
    for (const [name, run] of Object.entries(functions)) {
      lua.lua_pushstring(state, bytes(name))
      lua.lua_pushcfunction(state, luaFunction(run))
      lua.lua_rawset(state, -3)
    }
  }
}

function formatDate(format: string, ms: number): string {
  const text = formatTime(ms)
  const parts: Readonly<Record<string, string>> = {
    Y: text.slice(0, 4),
    m: text.slice(5, 7),
    d: text.slice(8, 10),
    H: text.slice(11, 13),
    M: text.slice(14, 16),
    S: text.slice(17, 19),
    F: text.slice(0, 10),
    T: text.slice(11, 19),
    '%': '%',
    c: text,
  }
  return format.replace(/^!/, '').replace(/%(.)/g, (whole, letter: string) => parts[letter] ?? whole)
}

function failed(why: string): CodedError {
  return new CodedError({
    code: 'script-failed',
    message: `the script failed: ${why}`,
    fix: 'Correct the luaScript in the ResourceInterpreterCustomization.',
  })
}
