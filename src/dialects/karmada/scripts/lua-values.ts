import { CodedError } from '../../../base/errors.js'
import { isObject, setOwn } from '../../../base/json.js'
import { type LuaState, loadLua } from './lua-api.js'

const mostDepth = 64
const mostNodes = 200_000

/** JSON onto the stack: null is nil, lists and objects are tables. */
export function pushJson(state: LuaState, value: unknown, depth = 0): void {
  const { lua, auxiliary, bytes } = loadLua()
  auxiliary.luaL_checkstack(state, 4, bytes('too deep'))
  if (depth > mostDepth) throw tooMuch('nested deeper than 64 levels')
  if (typeof value === 'string') lua.lua_pushstring(state, bytes(value))
  else if (typeof value === 'boolean') lua.lua_pushboolean(state, value)
  else if (typeof value === 'number') {
    // Whole numbers of Lua 5.3 have 32 bits in this runtime; greater ones are floats.
    if (Number.isInteger(value) && Math.abs(value) <= 0x7fff_ffff) lua.lua_pushinteger(state, value)
    else lua.lua_pushnumber(state, value)
  } else if (Array.isArray(value)) {
    lua.lua_createtable(state, value.length, 0)
    for (const [index, item] of value.entries()) {
      pushJson(state, item, depth + 1)
      lua.lua_rawseti(state, -2, index + 1)
    }
  } else if (isObject(value)) {
    const entries = Object.entries(value)
    lua.lua_createtable(state, 0, entries.length)
    for (const [key, member] of entries) {
      if (member === undefined || member === null) continue
      lua.lua_pushstring(state, bytes(key))
      pushJson(state, member, depth + 1)
      lua.lua_rawset(state, -3)
    }
  } else lua.lua_pushnil(state)
}

/** What an empty table was: Lua's do not tell a list from an object. */
export const emptyTable = Symbol('empty table')

/** The value at an index as JSON; an empty table is `emptyTable`. Throws for what JSON has no word for. */
export function readJson(state: LuaState, index: number): unknown {
  let nodes = 0
  return read(index, 0)

  function read(at: number, depth: number): unknown {
    const { lua, auxiliary, bytes } = loadLua()
    if (depth > mostDepth) throw tooMuch('nested deeper than 64 levels, or in itself')
    if (++nodes > mostNodes) throw tooMuch(`more than ${mostNodes} values`)
    const type = lua.lua_type(state, at)
    if (type === lua.LUA_TNIL) return null
    if (type === lua.LUA_TBOOLEAN) return lua.lua_toboolean(state, at)
    if (type === lua.LUA_TNUMBER) return lua.lua_tonumber(state, at)
    if (type === lua.LUA_TSTRING) return lua.lua_tojsstring(state, at)
    if (type !== lua.LUA_TTABLE) throw tooMuch('a function where data is expected')
    auxiliary.luaL_checkstack(state, 4, bytes('too deep'))
    const table = at < 0 ? lua.lua_gettop(state) + at + 1 : at
    const items: unknown[] = []
    const fields: Record<string, unknown> = {}
    let named = 0
    lua.lua_pushnil(state)
    while (lua.lua_next(state, table) !== 0) {
      const value = read(-1, depth + 1)
      if (lua.lua_type(state, -2) === lua.LUA_TNUMBER) items[lua.lua_tonumber(state, -2) - 1] = value
      else {
        named++
        setOwn(fields, lua.lua_tojsstring(state, -2), value)
      }
      lua.lua_settop(state, -2)
    }
    if (named === 0 && items.length === 0) return emptyTable
    if (items.length === 0) return fields
    if (named > 0 || Object.keys(items).length !== items.length)
      throw tooMuch('a table that is neither a list nor an object: keys are numbers with gaps, or of both kinds')
    return items
  }
}

/**
 * Empty tables as what they were in the objects that the script was given, by place; those that were in none are left out.
 */
export function settleEmpties(value: unknown, references: readonly unknown[]): unknown {
  const kinds = new Map<string, 'list' | 'object'>()
  for (const reference of references) noteEmpties(reference, '', kinds)
  return settle(value, '', kinds)
}

function noteEmpties(value: unknown, path: string, kinds: Map<string, 'list' | 'object'>): void {
  if (Array.isArray(value)) {
    if (value.length === 0) kinds.set(path, kinds.get(path) ?? 'list')
    for (const item of value) noteEmpties(item, path, kinds)
  } else if (isObject(value)) {
    const entries = Object.entries(value)
    if (entries.length === 0) kinds.set(path, 'object')
    for (const [key, member] of entries) noteEmpties(member, `${path}\0${key}`, kinds)
  }
}

function settle(value: unknown, path: string, kinds: ReadonlyMap<string, 'list' | 'object'>): unknown {
  if (value === emptyTable) {
    const kind = kinds.get(path)
    return kind === 'object' ? {} : kind === 'list' ? [] : undefined
  }
  if (Array.isArray(value)) return value.map((item) => settle(item, path, kinds)).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  const settled: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    const result = settle(member, `${path}\0${key}`, kinds)
    if (result !== undefined) setOwn(settled, key, result)
  }
  return settled
}

function tooMuch(what: string): CodedError {
  return new CodedError({
    code: 'script-failed',
    message: `the script's data cannot be read: ${what}`,
    fix: 'Return plain data of the size of a Kubernetes object.',
  })
}
