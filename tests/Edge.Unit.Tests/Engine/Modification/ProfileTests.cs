using Edge.CodeGen.Dicom;
using Edge.Core.Errors;
using Edge.Dicom.Tags;
using Edge.Engine.Modification.Deidentification;
using Edge.TestKit;
using Xunit;

namespace Edge.Unit.Tests.Engine.Modification;

public sealed class ProfileTests
{
    // The checked-in table is what the generator writes from the data.
    [Fact]
    public void TheTableIsFresh()
    {
        foreach ((string path, string text) in ConfidentialityTables.Generate(RepositoryPaths.Root))
        {
            Assert.True(text == File.ReadAllText(Path.Combine(RepositoryPaths.Root, path)), $"{path} is stale: ./build.sh generate confidentiality");
        }
    }

    // The numbers of rows that Orthanc acts on, repeating groups aside. They include three rows of group 0000, 0002 and 0004, and four tags
    // (patient's name and ID are identifiers with a rule of their own) that are counted here too.
    [Theory]
    [InlineData("2008", 39, 2, 11)]
    [InlineData("2017c", 216, 22, 34)]
    [InlineData("2021b", 317, 87, 50)]
    [InlineData("2023b", 410, 140, 54)]
    public void EachEditionHasItsRows(string edition, int removed, int cleared, int mapped)
    {
        DeidentificationProfile profile = DeidentificationProfile.Require(edition);
        Assert.Equal(removed, Count(profile, ProfileAction.Remove));
        Assert.Equal(cleared, Count(profile, ProfileAction.Clear));
        Assert.Equal(mapped, Count(profile, ProfileAction.MapUid));
        Assert.Equal(0, Count(profile, ProfileAction.Dummy));
    }

    [Theory]
    [InlineData("2008", 0x00080020, ProfileAction.None)]
    [InlineData("2017c", 0x00080020, ProfileAction.Clear)]
    [InlineData("2017c", 0x00500020, ProfileAction.None)]
    [InlineData("2021b", 0x00500020, ProfileAction.Remove)]
    [InlineData("2021b", 0x30060002, ProfileAction.Clear)]
    [InlineData("2023b", 0x30060002, ProfileAction.Clear)]
    [InlineData("2024e", 0x30060002, ProfileAction.Dummy)]
    [InlineData("2023b", 0x00081140, ProfileAction.None)]
    [InlineData("2023b", 0x00200052, ProfileAction.MapUid)]
    [InlineData("2023b", 0x60023000, ProfileAction.Remove)]
    [InlineData("2023b", 0x60020010, ProfileAction.None)]
    [InlineData("2023b", 0x50040010, ProfileAction.Remove)]
    [InlineData("2024e", 0x00880200, ProfileAction.Remove)]
    public void AnActionIsThatOfItsEdition(string edition, uint tag, ProfileAction action) =>
        Assert.Equal(action, DeidentificationProfile.Require(edition).ActionOf(new DicomTag(tag)));

    [Fact]
    public void AnOptionKeepsItsAttributes()
    {
        DeidentificationProfile profile = DeidentificationProfile.Require("2024e");
        DicomTag sex = DicomTags.PatientSex, serial = DicomTags.DeviceSerialNumber;
        Assert.Equal(ProfileAction.Clear, profile.ActionOf(sex));
        Assert.Equal(ProfileAction.None, profile.ActionOf(sex, RetainOptions.PatientCharacteristics));
        Assert.Equal(ProfileAction.Clear, profile.ActionOf(sex, RetainOptions.DeviceIdentity));
        Assert.NotEqual(ProfileAction.None, profile.ActionOf(serial));
        Assert.Equal(ProfileAction.None, profile.ActionOf(serial, RetainOptions.DeviceIdentity));
    }

    [Fact]
    public void AnUnknownEditionIsRefused() =>
        Assert.Equal(ErrorCode.ParameterOutOfRange, Assert.Throws<EdgeException>(static () => DeidentificationProfile.Require("nope")).Code);

    private static int Count(DeidentificationProfile profile, ProfileAction action)
    {
        int count = 0;
        foreach (uint tag in ProfileTable.Tags)
        {
            count += profile.ActionOf(new DicomTag(tag)) == action ? 1 : 0;
        }

        return count;
    }
}
