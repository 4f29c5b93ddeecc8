import type { ConfigType } from '#api'

/** A default as the tables of this folder write it. */
export function textToDefault(type: ConfigType, text: string): unknown {
  if (text === 'null') return null
  if (type === 'list') return text === '' ? [] : text.split(',')
  if (type === 'boolean') return text === 'true'
  return type === 'string' || type === 'class' || type === 'password' ? text : Number(text)
}
