import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** The API's description at /api/openapi.json and as a page at /api/docs; everything it needs comes from this process. */
export function serveOpenApi(app: INestApplication, codeVersion: string): void {
  const config = new DocumentBuilder()
    .setTitle('gradpool coordinator')
    .setDescription('Roles: viewer < join < trusted < admin. Errors are {code, message}.')
    .setVersion(codeVersion)
    .addBearerAuth()
    .build();
  SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, config), {
    jsonDocumentUrl: 'api/openapi.json',
    yamlDocumentUrl: 'api/openapi.yaml',
    // Without this the page asks a service elsewhere to judge the document.
    swaggerOptions: { validatorUrl: null, persistAuthorization: true },
  });
}
