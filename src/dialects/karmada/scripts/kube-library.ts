import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { addQuantities, formatQuantity, parseQuantity, quantityMilliValue } from '../../../kube/object/quantity.js'
import { dependentsOf } from '../interpreter/dependencies.js'
import { replicaRequirements } from '../interpreter/replicas.js'
import { type LuaFunction, type LuaState, loadLua } from './lua-api.js'
import { emptyTable, pushJson, readJson } from './lua-values.js'

type Library = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

/** What `require("kube")` gives: the helpers that Karmada has for scripts. */
const kube: Library = {
  /** The sum of quantities. */
  resourceAdd: (...quantities) =>
    formatQuantity(quantities.map(readQuantity).reduce((sum, each) => addQuantities(sum, each), parseQuantity(0))),
  /** What a pod template asks of a node. */
  accuratePodRequirements: (template) => replicaRequirements(podOf(template, '')) ?? null,
  /** What a pod template needs beside it. */
  getPodDependencies: (template, namespace) =>
    dependentsOf(podOf(template, typeof namespace === 'string' ? namespace : 'default')),
  /** A quantity as a number. */
  getResourceQuantity: (quantity) => {
    const value = quantityMilliValue(readQuantity(quantity)) / 1000
    if (value < 0) throw new Error('int approximation unexpectedly returned a negative value')
    return value
  },
}

function readQuantity(value: unknown) {
  if (value === null || value === undefined) return parseQuantity(0)
  if (typeof value !== 'string' && typeof value !== 'number') throw new Error('a quantity is a text')
  return parseQuantity(value)
}

function podOf(template: unknown, namespace: string) {
  const spec = isObject(template) && isObject(template['spec']) ? template['spec'] : {}
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod', namespace }, spec }
}

/** Puts a table of the library's functions onto the stack. */
export function pushKube(state: LuaState): void {
  const { lua, bytes } = loadLua()
  lua.lua_createtable(state, 0, 4)
  for (const [name, run] of Object.entries(kube)) {
    lua.lua_pushstring(state, bytes(name))
    lua.lua_pushcfunction(state, luaFunction(run))
    lua.lua_rawset(state, -3)
  }
}

/** A function on JSON as one of Lua: what it throws is an error of the script. */
export function luaFunction(run: (...args: readonly unknown[]) => unknown): LuaFunction {
  return (state) => {
    const { lua, auxiliary, bytes } = loadLua()
    let result: unknown
    let problem: string | undefined
    try {
      const args = Array.from({ length: lua.lua_gettop(state) }, (_, index) => plain(readJson(state, index + 1)))
      result = run(...args)
    } catch (error) {
      problem = messageOf(error)
    }
    if (problem !== undefined) return auxiliary.luaL_error(state, bytes('%s'), bytes(problem))
    pushJson(state, result)
    return 1
  }
}

function plain(value: unknown): unknown {
  if (value === emptyTable) return {}
  if (Array.isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}
