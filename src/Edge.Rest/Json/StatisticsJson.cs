using System.Globalization;
using System.Text.Json;

namespace Edge.Rest.Json;

/// <summary>Writes sizes as Orthanc does: bytes as text, megabytes rounded down as a number.</summary>
public static class StatisticsJson
{
    public static void WriteSize(Utf8JsonWriter writer, ReadOnlySpan<byte> bytesKey, ReadOnlySpan<byte> megabytesKey, long bytes)
    {
        writer.WriteString(bytesKey, bytes.ToString(CultureInfo.InvariantCulture));
        writer.WriteNumber(megabytesKey, bytes >> 20);
    }
}
