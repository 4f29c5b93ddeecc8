import type { Props } from '#api'
import type { TargetState } from '../../herder/herder.ts'
import { percentEncode } from '../percent-encode.ts'
import type { RestAnswer, RestContext } from '../route.ts'
import { warningHeaders } from '../warnings.ts'

/** What POST and PUT have in common: 201 and a `Location` for what is new. */
export async function putConnector(
  { herder }: RestContext,
  baseUrl: string,
  name: string,
  config: Props,
  options: { readonly replace: boolean; readonly initialState?: TargetState },
): Promise<RestAnswer> {
  const { created, info, warnings } = await herder.putConnector(name, config, options)
  const location = created ? { location: `${baseUrl}/connectors/${percentEncode(info.name)}` } : {}
  return { status: created ? 201 : 200, body: info, headers: { ...location, ...warningHeaders(warnings) } }
}
