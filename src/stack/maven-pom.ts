import type { Artifact } from './lock.ts'

/** A project that has `mvn dependency:copy` bring these files into `dir`: the files alone, not what they depend on. */
export function toPom(artifacts: readonly Artifact[], dir: string): string {
  const items = artifacts.map(
    ({ group, name, version, type, classifier }) => `          <artifactItem>
            <groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>
            <type>${type}</type>${classifier ? `<classifier>${classifier}</classifier>` : ''}
          </artifactItem>`,
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>
  <build><plugins><plugin>
    <artifactId>maven-dependency-plugin</artifactId>
    <configuration>
      <outputDirectory>${escape(dir)}</outputDirectory>
      <artifactItems>
${items.join('\n')}
      </artifactItems>
    </configuration>
  </plugin></plugins></build>
</project>
`
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
