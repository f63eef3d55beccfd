// What functions/handlers does, in JavaScript.

"use strict";

exports.authorize = async ({ methodArn }) => ({
  principalId: "anonymous",
  policyDocument: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["execute-api:Invoke"], Resource: [methodArn] }],
  },
});

exports.connect = async () => ({ statusCode: 200 });

exports.disconnect = async () => ({ statusCode: 200 });

exports.unmatched = async () => ({ statusCode: 200, body: "OK" });
