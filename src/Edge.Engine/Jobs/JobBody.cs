using System.Buffers;
using System.Text.Json;
using Edge.Core.Errors;

namespace Edge.Engine.Jobs;

/// <summary>What the row of a job holds beside its columns: the request, and how it ended. JSON, so that a later version can read it.</summary>
internal static class JobBody
{
    /// <summary>The members that <paramref name="write"/> writes, as an object.</summary>
    public static byte[] ObjectOf(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Write(JobEntry entry, ReadOnlySpan<byte> request)
    {
        ArrayBufferWriter<byte> buffer = new(512 + request.Length);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WritePropertyName("request"u8);
            json.WriteRawValue(request, skipInputValidation: true);
            json.WriteNumber("progress"u8, entry.Progress);
            json.WriteNumber("runtime"u8, entry.Runtime.TotalSeconds);
            if (entry.UserData.Length > 0)
            {
                json.WritePropertyName("userData"u8);
                json.WriteRawValue(entry.UserData, skipInputValidation: true);
            }

            if (entry.Error != ErrorCode.Success)
            {
                json.WriteNumber("error"u8, (int)entry.Error);
                json.WriteString("errorDetails"u8, entry.ErrorDetails);
                if (entry.ErrorPayload is { } payload)
                {
                    json.WriteString("errorPayloadType"u8, payload.Type);
                    json.WritePropertyName("errorPayload"u8);
                    json.WriteRawValue(payload.Content.Span, skipInputValidation: true);
                }
            }

            if (entry.Content is { } content)
            {
                json.WritePropertyName("content"u8);
                json.WriteRawValue(content, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Fills in what a row says, but for the request.</summary>
    /// <exception cref="JsonException">The row is damaged.</exception>
    public static void Read(JobEntry entry, ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        entry.Progress = root.TryGetProperty("progress"u8, out JsonElement progress) ? progress.GetDouble() : 0;
        entry.PastRuntime = root.TryGetProperty("runtime"u8, out JsonElement runtime) ? TimeSpan.FromSeconds(runtime.GetDouble()) : TimeSpan.Zero;
        entry.UserData = Raw(root, "userData"u8) ?? [];
        entry.Content = Raw(root, "content"u8);
        if (root.TryGetProperty("error"u8, out JsonElement error))
        {
            entry.Error = (ErrorCode)error.GetInt32();
            entry.ErrorDetails = root.TryGetProperty("errorDetails"u8, out JsonElement details) ? details.GetString() : null;
            entry.ErrorPayload = Raw(root, "errorPayload"u8) is { } content ? new ErrorPayload(root.GetProperty("errorPayloadType"u8).GetString() ?? "", content) : null;
        }
    }

    /// <summary>The request in a row.</summary>
    public static byte[] RequestOf(ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return Raw(document.RootElement, "request"u8) ?? throw new JsonException("the job has no request");
    }

    private static byte[]? Raw(JsonElement root, ReadOnlySpan<byte> name) =>
        root.TryGetProperty(name, out JsonElement value) ? System.Text.Encoding.UTF8.GetBytes(value.GetRawText()) : null;
}
