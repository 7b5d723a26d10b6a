/** What a customization says about a kind, in Lua or CEL: functions on JSON. */
export interface Script {
  /** The results of a function. `references`: objects that tell what empty tables of Lua were. Throws a CodedError. */
  call(name: ScriptFunction, args: readonly unknown[], results: number, references?: readonly unknown[]): unknown[]
}

export type ScriptFunction =
  | 'GetReplicas'
  | 'ReviseReplica'
  | 'InterpretHealth'
  | 'ReflectStatus'
  | 'AggregateStatus'
  | 'GetDependencies'
