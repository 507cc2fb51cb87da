using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom.Tags;
using ConfiguredEntry = Edge.Core.Options.DictionaryEntry;
using DictionaryEntry = Edge.Dicom.Tags.DictionaryEntry;

namespace Edge.Server.Serving;

/// <summary>The entries of the options <c>Dictionary</c> and <c>ExternalDictionaries</c> in the terms of the DICOM dictionary.</summary>
internal static class ConfiguredDictionary
{
    /// <summary>Registers them: the files first, so that single entries come before them.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read, or is no dictionary of DCMTK's format.</exception>
    public static void Register(DictionaryOptions options)
    {
        foreach (string file in options.ExternalDictionaries)
        {
            try
            {
                DicomDictionary.Register(DcmtkDictionary.Read(File.ReadLines(file)));
            }
            catch (Exception wrong) when (wrong is EdgeException or IOException or UnauthorizedAccessException)
            {
                throw new ConfigurationException([new ConfigurationProblem(true, file, nameof(options.ExternalDictionaries), wrong.Message, ErrorCode.BadFileFormat)]);
            }
        }

        DicomDictionary.ForceSpellings(options.ExternalDictionaries.Length == 0);
        DicomDictionary.Register([.. options.Dictionary.Select(ToEntry)]);
    }

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
