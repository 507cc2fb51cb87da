using Edge.Core.Options;
using Edge.Dicom.Tags;
using ConfiguredEntry = Edge.Core.Options.DictionaryEntry;
using DictionaryEntry = Edge.Dicom.Tags.DictionaryEntry;

namespace Edge.Server.Serving;

/// <summary>The entries of the <c>Dictionary</c> option in the terms of the DICOM dictionary.</summary>
internal static class ConfiguredDictionary
{
    public static IEnumerable<DictionaryEntry> Entries(DictionaryOptions options) => options.Dictionary.Select(ToEntry);

    private static DictionaryEntry ToEntry(ConfiguredEntry entry) => new(
        new DicomTag(entry.Group, entry.Element),
        entry.Name,
        VrInfo.FromText(entry.ValueRepresentation),
        default,
        MultiplicityOf(entry),
        IsRetired: false,
        entry.PrivateCreator.Length > 0 ? entry.PrivateCreator : null);

    private static string MultiplicityOf(ConfiguredEntry entry) => entry.MaximumMultiplicity switch
    {
        0 => $"{entry.MinimumMultiplicity}-n",
        _ when entry.MaximumMultiplicity == entry.MinimumMultiplicity => $"{entry.MinimumMultiplicity}",
        _ => $"{entry.MinimumMultiplicity}-{entry.MaximumMultiplicity}",
    };
}
