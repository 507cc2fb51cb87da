using System.Text.Json;

namespace Edge.Core.Configuration;

/// <summary>Writes a configuration as JSON again, without comments: what scripts see of it.</summary>
public static class ConfigurationJson
{
    public static byte[] Write(ConfigurationNode root)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            Write(writer, root);
        }

        return buffer.ToArray();
    }

    // The parser bounds the depth.
    private static void Write(Utf8JsonWriter writer, ConfigurationNode node)
    {
        switch (node.Kind)
        {
            case ConfigurationKind.Map:
                writer.WriteStartObject();
                foreach ((string name, ConfigurationNode member) in node.Members)
                {
                    writer.WritePropertyName(name);
                    Write(writer, member);
                }

                writer.WriteEndObject();
                break;
            case ConfigurationKind.List:
                writer.WriteStartArray();
                foreach (ConfigurationNode item in node.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case ConfigurationKind.Text:
                writer.WriteStringValue(node.Text);
                break;
            case ConfigurationKind.Null:
                writer.WriteNullValue();
                break;
            default:
                // Numbers and words stand as they were written.
                writer.WriteRawValue(node.Text);
                break;
        }
    }
}
