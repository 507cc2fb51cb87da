using System.Globalization;

namespace Edge.Core.Time;

/// <summary>The forms in which Orthanc writes points in time.</summary>
public static class OrthancTime
{
    /// <summary><c>YYYYMMDDTHHMMSS</c>, UTC: metadata, changes, <c>/tools/now</c>.</summary>
    public static string Second(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);

    /// <summary><c>YYYYMMDDTHHMMSS.ffffff</c>, UTC: jobs.</summary>
    public static string Microsecond(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyyMMdd'T'HHmmss.ffffff", CultureInfo.InvariantCulture);

    /// <summary><c>YYYYMMDDTHHMMSS</c> in the time zone of the machine: <c>/tools/now-local</c>.</summary>
    public static string Local(TimeProvider clock) => clock.GetLocalNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
}
