using System.Globalization;

namespace Edge.Core.Time;

/// <summary>The forms in which Orthanc writes points in time.</summary>
public static class OrthancTime
{
    /// <summary><c>YYYYMMDDTHHMMSS</c>, UTC: metadata, changes, <c>/tools/now</c>.</summary>
    public static string Second(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);

    /// <summary>The same as 15 ASCII characters, for lists of thousands.</summary>
    /// <param name="text">At least 15 bytes; the slice that was written is returned.</param>
    public static ReadOnlySpan<byte> Second(DateTimeOffset time, Span<byte> text)
    {
        DateTime utc = time.UtcDateTime;
        utc.Deconstruct(out int year, out int month, out int day);
        Pair(text, year / 100);
        Pair(text[2..], year % 100);
        Pair(text[4..], month);
        Pair(text[6..], day);
        text[8] = (byte)'T';
        Pair(text[9..], utc.Hour);
        Pair(text[11..], utc.Minute);
        Pair(text[13..], utc.Second);
        return text[..15];
    }

    private static void Pair(Span<byte> text, int value)
    {
        text[0] = (byte)('0' + (value / 10));
        text[1] = (byte)('0' + (value % 10));
    }

    /// <summary><c>YYYYMMDDTHHMMSS.ffffff</c>, UTC: jobs.</summary>
    public static string Microsecond(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyyMMdd'T'HHmmss.ffffff", CultureInfo.InvariantCulture);

    /// <summary><c>YYYYMMDDTHHMMSS</c> in the time zone of the machine: <c>/tools/now-local</c>.</summary>
    public static string Local(TimeProvider clock) => clock.GetLocalNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
}
