using Edge.Core.Options;
using Edge.Dicom.Tags;

namespace Edge.Engine.Runtime;

/// <summary>The storage SOP classes that the options accept.</summary>
public static class AcceptedSopClasses
{
    /// <summary>The standard's, narrowed by <c>AcceptedSopClasses</c> and <c>RejectedSopClasses</c>; UIDs or patterns.</summary>
    public static HashSet<string> Of(DicomServerOptions options)
    {
        HashSet<string> classes = new(StringComparer.Ordinal);
        foreach (RegisteredUid known in UidRegistry.StorageClasses)
        {
            bool accepted = options.AcceptedSopClasses.Length == 0 || options.AcceptedSopClasses.Any(pattern => AcceptedTransferSyntaxes.Matches(pattern, known.Uid));
            if (accepted && !options.RejectedSopClasses.Any(pattern => AcceptedTransferSyntaxes.Matches(pattern, known.Uid)))
            {
                classes.Add(known.Uid);
            }
        }

        return classes;
    }
}
