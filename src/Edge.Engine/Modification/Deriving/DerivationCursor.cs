using System.Buffers;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;

namespace Edge.Engine.Modification.Deriving;

/// <summary>
/// How far a job that makes new instances has come. Immutable; replaced as a whole. Small at every step: what was made is computed again from the
/// sources, and written down once, before these are deleted.
/// </summary>
/// <param name="Done">Instances that were tried.</param>
/// <param name="Failed">The positions of those that failed.</param>
/// <param name="Same">The positions of those that replaced their own source.</param>
/// <param name="Made">What was made, by level, when the job is done but for deleting its sources; else null.</param>
public sealed record DerivationCursor(int Done, IReadOnlyList<int> Failed, IReadOnlyList<int> Same, IReadOnlyList<(ResourceLevel Level, string PublicId)>? Made = null)
{
    public static readonly DerivationCursor Start = new(0, [], []);

    public DerivationCursor Next(bool failed, bool same) => new(Done + 1, failed ? [.. Failed, Done] : Failed, same ? [.. Same, Done] : Same);

    public byte[] ToBytes()
    {
        ArrayBufferWriter<byte> buffer = new(64);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("done"u8, Done);
            Positions(json, "failed"u8, Failed);
            Positions(json, "same"u8, Same);
            if (Made is not null)
            {
                json.WriteStartArray("made"u8);
                foreach ((ResourceLevel level, string id) in Made)
                {
                    json.WriteNumberValue((int)level);
                    json.WriteStringValue(id);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="EdgeException">CorruptedFile.</exception>
    public static DerivationCursor Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes.ToArray());
            JsonElement root = document.RootElement;
            List<(ResourceLevel, string)>? made = null;
            if (root.TryGetProperty("made", out JsonElement list))
            {
                made = new(list.GetArrayLength() / 2);
                for (int i = 0; i + 1 < list.GetArrayLength(); i += 2)
                {
                    made.Add(((ResourceLevel)list[i].GetInt32(), list[i + 1].GetString()!));
                }
            }

            return new DerivationCursor(root.GetProperty("done").GetInt32(), Positions(root.GetProperty("failed")), Positions(root.GetProperty("same")), made);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new EdgeException(ErrorCode.CorruptedFile, "The saved position of the job cannot be read", e);
        }
    }

    private static void Positions(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<int> positions)
    {
        json.WriteStartArray(name);
        foreach (int position in positions)
        {
            json.WriteNumberValue(position);
        }

        json.WriteEndArray();
    }

    private static List<int> Positions(JsonElement list)
    {
        List<int> positions = new(list.GetArrayLength());
        foreach (JsonElement position in list.EnumerateArray())
        {
            positions.Add(position.GetInt32());
        }

        return positions;
    }
}
