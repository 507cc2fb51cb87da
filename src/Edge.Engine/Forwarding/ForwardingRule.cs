using Edge.Core.Options;
using Edge.Dicom.Reading;
using Edge.Dicom.Text;
using Edge.Engine.Ingest;

namespace Edge.Engine.Forwarding;

/// <summary>A rule, checked and ready to match. All its conditions must hold; an empty one always does.</summary>
public sealed class ForwardingRule
{
    public required string Name { get; init; }

    /// <summary>Names of modalities.</summary>
    public required string[] To { get; init; }

    public ValuePattern[] CallingAet { get; init; } = [];

    public ValuePattern[] CalledAet { get; init; } = [];

    public TagCondition[] Tags { get; init; } = [];

    public DayWindow[] Hours { get; init; } = [];

    public bool IncludeRepeats { get; init; }

    public int Priority { get; init; }

    /// <param name="timeOfDay">Local time of the reception.</param>
    public bool Matches(IngestOrigin origin, HeaderScan scan, OrthancEncoding encoding, TimeSpan timeOfDay)
    {
        if (!ValuePattern.AnyMatches(CallingAet, origin.RemoteAet) || !ValuePattern.AnyMatches(CalledAet, origin.CalledAet) || !IsOpen(Hours, timeOfDay))
        {
            return false;
        }

        foreach (TagCondition condition in Tags)
        {
            if (!condition.Matches(scan, encoding))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a time lies in one of the windows, or there is none.</summary>
    public static bool IsOpen(DayWindow[] windows, TimeSpan timeOfDay)
    {
        foreach (DayWindow window in windows)
        {
            if (window.Contains(timeOfDay))
            {
                return true;
            }
        }

        return windows.Length == 0;
    }
}
