/**
 * The bot as AWS Lambda functions: `webhook` behind API Gateway (REST or HTTP API) or a function URL, `timers` on a schedule.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, APIGatewayProxyResult } from 'aws-lambda';
import { bot } from '../functions/bot.js';

export async function webhook(event: APIGatewayProxyEvent | APIGatewayProxyEventV2): Promise<APIGatewayProxyResult> {
  // Payload format 2.0, of an HTTP API or a function URL; otherwise 1.0.
  const isV2 = 'rawQueryString' in event;
  const { status, headers, body } = await bot.receive({
    method: isV2 ? event.requestContext.http.method : event.httpMethod,
    headers: event.headers,
    query: isV2 ? event.rawQueryString : (event.queryStringParameters ?? ''),
    rawBody: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  });
  return { statusCode: status, headers, body };
}

/** For a rule of EventBridge: rate(1 minute). */
export async function timers(): Promise<void> {
  await bot.runTimers();
}
