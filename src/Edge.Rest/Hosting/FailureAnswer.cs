using System.Buffers;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Rest.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Edge.Rest.Hosting;

/// <summary>Translates what a handler throws into Orthanc's error answer: the one place where failures become HTTP.</summary>
internal static class FailureAnswer
{
    public static async ValueTask WriteAsync(RestRequest request, Exception failure)
    {
        RestPipeline pipeline = request.Pipeline;
        if (failure is ConnectionResetException or ConnectionAbortedException || (failure is OperationCanceledException && request.Aborted.IsCancellationRequested))
        {
            pipeline.Log.Write(RestLogLevel.Info, $"{request.Method} {request.Path}: the client went away");
            request.Abort();
            return;
        }

        EdgeException error = Classify(failure, out bool unexpected);
        int status = error.HttpStatus ?? ErrorTable.Of(error.Code).HttpStatus;
        if (unexpected)
        {
            pipeline.Log.Write(RestLogLevel.Error, $"{request.Method} {request.Path} failed unexpectedly", failure);
        }
        else if (pipeline.Log.IsEnabled(RestLogLevel.Info))
        {
            pipeline.Log.Write(RestLogLevel.Info, $"{request.Method} {request.Path}: {status}, error {(int)error.Code}");
        }

        if (request.ResponseStarted)
        {
            request.Abort(); // half an answer must not look like a whole one
            return;
        }

        try
        {
            request.Retract();
            if (request.Route?.Failures is { } own)
            {
                await own(request, error).ConfigureAwait(false);
                return;
            }

            await DescribeAsync(request, error, status).ConfigureAwait(false);
        }
        catch (Exception again)
        {
            pipeline.Log.Write(RestLogLevel.Error, $"{request.Method} {request.Path}: the failure could not be answered", again);
            request.Abort();
        }
    }

    /// <summary>The error that a client is told.</summary>
    internal static EdgeException Classify(Exception failure, out bool unexpected)
    {
        unexpected = false;
        switch (failure)
        {
            case EdgeException known:
                unexpected = known.Code == ErrorCode.InternalError;
                return known;
            case BadHttpRequestException bad:
                return new EdgeException(bad.StatusCode == 408 ? ErrorCode.Timeout : ErrorCode.BadRequest, bad.StatusCode == 408 ? "The body of the request arrives too slowly" : "The body of the request is malformed", bad) { HttpStatus = bad.StatusCode };
            case IOException { InnerException: OverflowException }:
                return new EdgeException(ErrorCode.BadRequest, "The chunks of the request's body are malformed", failure); // Kestrel's form of a chunk size past 32 bits
            case JsonException:
                return new EdgeException(ErrorCode.BadFileFormat, "The JSON of the request is not valid", failure);
            case InvalidOperationException { Source: "System.Text.Json.Rethrowable" }:
                return new EdgeException(ErrorCode.BadRequest, "A field of the request's JSON has an unexpected type", failure);
            case FormatException:
                return new EdgeException(ErrorCode.BadParameterType, "A value of the request cannot be parsed", failure);
            case OutOfMemoryException:
                return new EdgeException(ErrorCode.NotEnoughMemory, null, failure);
            case OperationCanceledException:
                return new EdgeException(ErrorCode.Timeout, null, failure) { HttpStatus = 503 };
            default:
                unexpected = true;
                return new EdgeException(ErrorCode.InternalError, null, failure);
        }
    }

    private static ValueTask DescribeAsync(RestRequest request, EdgeException error, int status)
    {
        if (status is 408 or 413)
        {
            request.AnswerHeaders.Connection = "close"; // the rest of the body is not waited for
        }

        if (!request.Pipeline.Options.DescribeErrors)
        {
            return request.Empty(status);
        }

        ArrayBufferWriter<byte> body = new(512);
        using (Utf8JsonWriter json = new(body, WriterOptions))
        {
            WriteDescription(json, request, error, status);
        }

        body.Write("\n"u8);
        return request.Bytes(body.WrittenSpan, "text/plain", status);
    }

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Indented = true,
        IndentCharacter = '\t',
        IndentSize = 1,
        NewLine = "\n",
        Encoder = OrthancJsonEncoder.Instance,
    };

    private static void WriteDescription(Utf8JsonWriter json, RestRequest request, EdgeException error, int status)
    {
        string message = ErrorTable.Of(error.Code).Message;
        json.WriteStartObject();
        if (error.Detail is not null)
        {
            json.WriteString("Details"u8, error.Detail);
        }

        if (error.Payload is { } payload)
        {
            json.WriteStartObject("ErrorPayload"u8);
            json.WritePropertyName("Content"u8);
            using (JsonDocument content = JsonDocument.Parse(payload.Content))
            {
                content.RootElement.WriteTo(json); // indented as the rest
            }

            json.WriteString("Type"u8, payload.Type);
            json.WriteEndObject();
        }

        json.WriteString("HttpError"u8, ReasonPhrases.GetReasonPhrase(status));
        json.WriteNumber("HttpStatus"u8, status);
        json.WriteString("Message"u8, message);
        json.WriteString("Method"u8, request.Method);
        json.WriteString("OrthancError"u8, message);
        json.WriteNumber("OrthancStatus"u8, (int)error.Code);
        json.WriteString("Uri"u8, request.Path);
        json.WriteEndObject();
    }
}
