import { createRequire } from 'node:module'

/** A Lua state; made and used by the functions below only. */
export interface LuaState {
  readonly luaState: never
}

export type LuaFunction = (state: LuaState) => number

/** The part of Lua's C interface (in JavaScript, by fengari) that is used here. Text goes in and out as bytes. */
export interface LuaApi {
  readonly LUA_OK: number
  readonly LUA_TNIL: number
  readonly LUA_TBOOLEAN: number
  readonly LUA_TNUMBER: number
  readonly LUA_TSTRING: number
  readonly LUA_TTABLE: number
  readonly LUA_TFUNCTION: number
  readonly LUA_MASKCOUNT: number
  lua_type(state: LuaState, index: number): number
  lua_gettop(state: LuaState): number
  lua_settop(state: LuaState, index: number): void
  lua_pushnil(state: LuaState): void
  lua_pushboolean(state: LuaState, value: boolean): void
  lua_pushnumber(state: LuaState, value: number): void
  lua_pushinteger(state: LuaState, value: number): void
  lua_pushstring(state: LuaState, text: Uint8Array): Uint8Array
  lua_pushcfunction(state: LuaState, run: LuaFunction): void
  lua_pushvalue(state: LuaState, index: number): void
  lua_createtable(state: LuaState, items: number, fields: number): void
  lua_rawset(state: LuaState, index: number): void
  lua_rawseti(state: LuaState, index: number, position: number): void
  lua_next(state: LuaState, index: number): number
  lua_toboolean(state: LuaState, index: number): boolean
  lua_tonumber(state: LuaState, index: number): number
  lua_tojsstring(state: LuaState, index: number): string
  lua_isinteger(state: LuaState, index: number): boolean
  lua_getglobal(state: LuaState, name: Uint8Array): number
  lua_setglobal(state: LuaState, name: Uint8Array): void
  lua_pcall(state: LuaState, args: number, results: number, handler: number): number
  lua_sethook(state: LuaState, hook: (state: LuaState) => void, mask: number, count: number): void
}

export interface LuaAuxiliary {
  luaL_newstate(): LuaState
  luaL_loadbuffer(state: LuaState, code: Uint8Array, size: number, name: Uint8Array): number
  luaL_requiref(state: LuaState, name: Uint8Array, open: LuaFunction, global: number): void
  luaL_error(state: LuaState, format: Uint8Array, ...args: unknown[]): number
  luaL_checkstack(state: LuaState, more: number, message: Uint8Array): void
}

export interface LuaRuntime {
  readonly lua: LuaApi
  readonly auxiliary: LuaAuxiliary
  readonly libraries: Readonly<Record<'base' | 'table' | 'string' | 'math', LuaFunction>>
  bytes(text: string): Uint8Array
}

/** The longest text that a script may make. */
export const mostTextBytes = 1 << 20
/** And of all texts that it makes in one call: a loop would fill the memory long before its instructions are used up. */
export const mostTextBytesOfCall = 64 << 20
/** What is left of them for the script that runs: there is one at a time. */
export const textBudget = { left: mostTextBytesOfCall }

let runtime: LuaRuntime | undefined

/** Loaded when the first script runs: most hubs have none. */
export function loadLua(): LuaRuntime {
  if (runtime !== undefined) return runtime
  const load = createRequire(import.meta.url)
  const strings = load('fengari/src/lstring.js') as { luaS_bless: (state: LuaState, bytes: Uint8Array) => unknown }
  const bless = strings.luaS_bless
  // Every text that operators make passes here; the modules below take the function as it is now.
  strings.luaS_bless = (state, bytes) => {
    if (bytes.length > mostTextBytes) auxiliary.luaL_error(state, utf8.encode('a text is longer than 1 MiB'))
    textBudget.left -= bytes.length
    // The words of the error are a text, too.
    if (textBudget.left < 0 && bytes.length > 256)
      auxiliary.luaL_error(state, utf8.encode('all its texts are longer than 64 MiB'))
    return bless(state, bytes)
  }
  const utf8 = new TextEncoder()
  // Its modules refer to one another: this one first leaves nothing half made.
  load('fengari/src/lualib.js')
  const auxiliary = load('fengari/src/lauxlib.js') as LuaAuxiliary
  const open = (file: string, name: string) =>
    (load(`fengari/src/${file}.js`) as Record<string, LuaFunction>)[name] as LuaFunction
  runtime = {
    lua: load('fengari/src/lua.js') as LuaApi,
    auxiliary,
    libraries: {
      base: open('lbaselib', 'luaopen_base'),
      table: open('ltablib', 'luaopen_table'),
      string: open('lstrlib', 'luaopen_string'),
      math: open('lmathlib', 'luaopen_math'),
    },
    bytes: (text) => utf8.encode(text),
  }
  return runtime
}
