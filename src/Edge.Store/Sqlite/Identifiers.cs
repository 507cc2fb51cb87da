using System.Buffers;
using System.Text;
using Edge.Core.Ids;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>
/// The searchable copies of main tags: every tag of patients, studies (with their copy of the patient's) and series, and the SOP instance UID. Normalised as Orthanc
/// normalises its identifiers: ASCII alone, upper-case, <c>%</c> and <c>_</c> as spaces, trimmed. Matches are checked again against the
/// text itself, so the copy only has to find them all.
/// </summary>
internal static class Identifiers
{
    /// <summary>Longer texts are indexed by their beginning.</summary>
    public const int MaximumLength = 200;

    private const uint SopInstanceUid = 0x00080018;

    /// <summary>The key of a tag at a level; null: not in the index.</summary>
    public static long? Key(ResourceLevel level, uint tag) =>
        level < ResourceLevel.Instance || tag == SopInstanceUid ? ((long)level << 32) | tag : null;

    /// <summary>Orthanc's own identifiers: their wildcards must also match in normalised form.</summary>
    public static bool IsOrthancIdentifier(ResourceLevel level, uint tag) => (level, tag) switch
    {
        (ResourceLevel.Patient or ResourceLevel.Study, 0x00100020 or 0x00100010 or 0x00100030) => true,
        (ResourceLevel.Study, 0x0020000D or 0x00080050 or 0x00081030 or 0x00080020) => true,
        (ResourceLevel.Series, 0x0020000E) => true,
        (ResourceLevel.Instance, SopInstanceUid) => true,
        _ => false,
    };

    /// <summary>Normalises into <paramref name="target"/> (at least as long as the text); the number of bytes.</summary>
    /// <param name="keepsMarks">Whether <c>%</c> and <c>_</c> stay.</param>
    public static int Normalize(ReadOnlySpan<byte> utf8, Span<byte> target, bool trim = true, bool keepsMarks = false)
    {
        int length = 0;
        foreach (byte value in utf8)
        {
            if (value is >= 0x20 and < 0x7F)
            {
                target[length++] = value switch
                {
                    (byte)'%' or (byte)'_' when !keepsMarks => (byte)' ',
                    >= (byte)'a' and <= (byte)'z' => (byte)(value - 32),
                    _ => value,
                };
            }
        }

        if (trim)
        {
            int start = 0;
            while (start < length && target[start] == ' ')
            {
                start++;
            }

            while (length > start && target[length - 1] == ' ')
            {
                length--;
            }

            target[start..length].CopyTo(target);
            length -= start;
        }

        return Math.Min(length, MaximumLength);
    }

    public static byte[] Normalize(string text, bool trim = true, bool keepsMarks = false)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return utf8[..Normalize(utf8, utf8, trim, keepsMarks)];
    }

    /// <summary>
    /// Whether a text is the one looked for: <c>_A</c> and <c>A</c> share a copy but are two identifiers, since Orthanc 1.12.11.
    /// </summary>
    /// <param name="wanted">Normalised, with its <c>%</c> and <c>_</c>.</param>
    public static bool Names(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> wanted)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, utf8.Length));
        int length = Normalize(utf8, buffer, keepsMarks: true);
        bool isSame = buffer.AsSpan(0, length).SequenceEqual(wanted);
        ArrayPool<byte>.Shared.Return(buffer);
        return isSame;
    }

    /// <summary>Inserts the copies of one resource.</summary>
    public static void Insert(Connection connection, ResourceLevel level, long resource, PackedTags tags) =>
        Each(connection, "INSERT OR IGNORE INTO identifiers(key,value,resource) VALUES(?1,?2,?3)", level, resource, tags);

    /// <summary>Removes the copies of one resource.</summary>
    public static void Remove(Connection connection, ResourceLevel level, long resource, PackedTags tags) =>
        Each(connection, "DELETE FROM identifiers WHERE key=?1 AND value=?2 AND resource=?3", level, resource, tags);

    private static void Each(Connection connection, string sql, ResourceLevel level, long resource, PackedTags tags)
    {
        foreach (PackedTags.PackedTag tag in tags)
        {
            if (Key(level, tag.Tag) is not { } key)
            {
                continue;
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, tag.Utf8.Length));
            int length = Normalize(tag.Utf8, buffer);
            using (Statement statement = connection.Prepare(sql))
            {
                statement.Bind(1, key).BindBlob(2, buffer.AsSpan(0, length)).Bind(3, resource).Run();
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
