using System.Text.Json;
using Edge.Store.Files;

namespace Edge.Rest.Json;

/// <summary>Writes descriptions of attachments (<c>/attachments/{name}/info</c>).</summary>
public static class AttachmentJson
{
    public static void WriteInfo(Utf8JsonWriter writer, AttachmentRecord file)
    {
        writer.WriteStartObject();
        writer.WriteString("CompressedMD5"u8, file.LogicalMd5 ?? "");
        writer.WriteNumber("CompressedSize"u8, file.LogicalSize);
        writer.WriteNumber("ContentType"u8, file.Type);
        writer.WriteString("UncompressedMD5"u8, file.PlainMd5 ?? "");
        writer.WriteNumber("UncompressedSize"u8, file.PlainSize);
        writer.WriteString("Uuid"u8, file.Uuid);
        writer.WriteEndObject();
    }
}
