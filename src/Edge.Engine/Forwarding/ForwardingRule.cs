using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine.Ingest;

namespace Edge.Engine.Forwarding;

/// <summary>A condition on a main DICOM tag: one of the patterns must match.</summary>
public sealed record TagCondition(DicomTag Tag, ValuePattern[] Patterns);

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
        if (!MatchesAny(CallingAet, origin.RemoteAet) || !MatchesAny(CalledAet, origin.CalledAet) || !IsOpen(Hours, timeOfDay))
        {
            return false;
        }

        foreach (TagCondition condition in Tags)
        {
            if (!MatchesAny(condition.Patterns, scan.GetString(condition.Tag, encoding) ?? ""))
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

    private static bool MatchesAny(ValuePattern[] patterns, string value)
    {
        foreach (ValuePattern pattern in patterns)
        {
            if (pattern.Matches(value))
            {
                return true;
            }
        }

        return patterns.Length == 0;
    }
}
